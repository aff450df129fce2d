# Draw again with: gnuplot copy-rate.gp
set encoding utf8
set terminal svg size 860,470 enhanced font 'DejaVu Sans,13' background '#ffffff'
set output 'copy-rate.svg'
set datafile separator tab
set border 3 linecolor '#888888' linewidth 1
set tics nomirror out scale 0.6 textcolor '#333333'
set grid ytics linecolor '#dddddd' linewidth 0.8 linetype 1
set tmargin 4.4
set label 900 'Full copies to replicas that throw them away' at screen 0.02,0.9489 left noenhanced font 'DejaVu Sans Bold,15'
set label 901 'Nobody writes meanwhile; bytes to all replicas together; the thin line is the range over trials' at screen 0.02,0.8979 left noenhanced font ',11' textcolor '#555555'
set key noenhanced reverse Left bmargin left horizontal samplen 3.2 spacing 1.2 width 1 textcolor '#222222'
set yrange [*<0:*]
set style fill solid 1 noborder
set boxwidth 0.3450
set xrange [-0.6:4.6]
set xtics ("100 B values\n1 000 000 keys\nstreamed\n1 replica" 0, "100 B values\n1 000 000 keys\nstreamed\n10 replicas" 1, "100 B values\n1 000 000 keys\nthrough a file\n1 replica" 2, "1 KiB values\n500 000 keys\nstreamed\n1 replica" 3, "1 KiB values\n500 000 keys\nstreamed\n10 replicas" 4) noenhanced scale 0
set xlabel " \n \n \n "
set ylabel 'Bytes of the copy, GiB/s'
plot 'copy-rate.tsv' index 0 using ($1+(-0.1875)):($3/1073741824.0) with boxes linecolor '#0072B2' title 'Sluice 0.1.0', \
     'copy-rate.tsv' index 0 using ($1+(-0.1875)):($4/1073741824.0):(0):(($5-$4)/1073741824.0) with vectors nohead linecolor '#222222' linewidth 1.3 notitle, \
     'copy-rate.tsv' index 1 using ($1+(0.1875)):($3/1073741824.0) with boxes linecolor '#D55E00' title 'Redis 7.0.15', \
     'copy-rate.tsv' index 1 using ($1+(0.1875)):($4/1073741824.0):(0):(($5-$4)/1073741824.0) with vectors nohead linecolor '#222222' linewidth 1.3 notitle
